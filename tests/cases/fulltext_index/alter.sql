ADD FULLTEXT KEY words (body, title)
