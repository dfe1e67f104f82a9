"""What is on record, for people: the lead's page, its export, and who opened one patient's record."""
