"""Files and numbers for other programs.

Reading order:
  exports   the formats of `hve export`, also on schedule
  focus     costs as FOCUS 1.2 rows
  showback  a month for each cost center, as CSV and as a page to print
  tables    published tables as CSV
  one_file  everything that is published as one DuckDB file
  evidence  what is known of one incident as a ZIP file
  findings  incidents as OCSF findings
  metrics   OpenMetrics, as a textfile or an endpoint
"""
