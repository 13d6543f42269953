"""Cost Management and the retail price list.

Reading order:
    routes      cost queries over Azure Resource Manager
    cost_query  the query language: which charges, summed how
    prices      the public price list
"""
