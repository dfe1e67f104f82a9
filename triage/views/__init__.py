"""Pages of the patient's record. Guard, load through `visible_to`, form, service, response."""
