"""Parts that several pages draw with.

Reading order:
  clock           the zone in which times are shown
  amounts         counts, money, shares and times as people read them
  markup          HTML whose text is only text
  money_columns   columns of money: sorted as numbers, read with the digits that matter
  table_file      the CSV file of a table
  printed_table   the rows of a table on paper
  figure          a panel's title, a chart with its table, kinds of columns
  tile            one number with its last weeks
  chart_file      the SVG file of a chart
  spec            charts as what the browser draws, each built once
  palette         colours of the light and the dark theme
  cost_words      whose cost it is
  known_words     money of which a part is not known
  budget_words    which budget is passed first
  incident_words  kinds and severities of incidents
  error_words     errors without the words of commands
  check_words     states of checks
"""
