"""x"""

MUTANTS = ()
