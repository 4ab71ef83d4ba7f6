"""From the lines of a sheet to rows: which column is what, what stands in a cell, what is no row at all."""
