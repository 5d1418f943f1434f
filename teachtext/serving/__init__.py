"""The search page: a small server and the page it gives out. No index and no model of its own."""
