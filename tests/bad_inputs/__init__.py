"""Bad inputs, one table for each part: what happens, and what the message says."""
