"""Where items come from: folders of images, and catalogs in CSV, JSONL and Parquet."""
