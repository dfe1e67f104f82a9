"""What a clinic's own record adds up to: counted by the database, told as plain values (docs/clinic.md).

Every question is one statement, asked inside the clinic's own tenancy and of its own rows alone; a page of
5,000 patients must not read them one by one.
"""
