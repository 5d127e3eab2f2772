"""Links to a card: in-process, PC/SC, TCP, stdio; recording and replaying."""
