"""The benchmark: made problems, CVRPLIB and Kim et al., our solver and its peers, one judge. See docs/benchmark.md."""
