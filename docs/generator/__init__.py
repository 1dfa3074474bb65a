"""The generated parts of the documents, a module for each page."""
