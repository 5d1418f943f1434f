"""The two tables a user gives: videos and captions."""
