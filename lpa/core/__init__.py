"""Sans-IO core of the agent: generators that yield actions and are sent the answers."""
