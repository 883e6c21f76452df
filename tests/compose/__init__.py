"""Tests of sklstm.compose."""
