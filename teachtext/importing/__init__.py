"""Files of other programs, taken over into our stores; what is in them is never trusted."""
