"""Labels of new texts, by the heads that the grid has left."""
