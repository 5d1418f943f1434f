"""How far a run is, told from its files alone: nothing is locked, run or written."""
