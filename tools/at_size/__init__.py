"""Every page that staff can reach, and every list of the API, with millions of rows behind them."""
