"""What sklstm costs in time and memory, beside what a user would write instead."""
