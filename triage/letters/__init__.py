"""What goes out on paper: the patient's plan and the letter to a colleague, as data and as PDF."""
