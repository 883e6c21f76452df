"""Tests of sklstm.metrics."""
