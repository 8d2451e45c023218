"""Where columns run: Polars by default, Spark for a province."""
