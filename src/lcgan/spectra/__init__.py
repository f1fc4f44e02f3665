"""What a spectrum is: its grid, its files, its store, its checks."""
