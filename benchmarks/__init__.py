"""The time and memory of sklstm, beside those of what a user would write instead."""
