"""Tables of bad inputs, one module a part; tests/test_bad_inputs.py runs them."""
