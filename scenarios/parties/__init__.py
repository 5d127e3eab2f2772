"""The systems under test as a scenario sees them: simulated here, or foreign, behind one vocabulary."""
