"""The HTML report: tables, plots and pictures of one run."""
