"""Features of a query and its candidates, and the small fitted models over them."""
