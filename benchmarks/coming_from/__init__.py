"""One task, written as users of each library would write it, and measured in one run."""
