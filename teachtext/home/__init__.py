"""A folder as a data set's home: what is in it, and the tables that say so."""
