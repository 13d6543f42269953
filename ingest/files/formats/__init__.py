"""Every export of message traces that Microsoft or an administrator hands out, as trace rows.

A file goes through these modules from top to bottom. Of the .sql files beside them `events` and
`messages` make rows of tracking events, `typed` types the rows that are not in the usual forms, and
`best` takes one of a recipient that a line names twice; the others are macros that these use.

Reading order:
  containers  the files inside a file: compressed streams, members of a .zip
  encoding    their text as UTF-8
  records     delimited text, block by block
  objects     JSON, record by record
  values      typed columns of Parquet as text
  layouts     the exports that we recognise, by their columns
  contents    what a member holds: one of these exports, and its rows
  dates       days of other cultures, whose order the whole file decides
  spreadsheet cells that a spreadsheet cut
  typed       rows of text with their types
  reading     one member as typed rows, with the reason where a row cannot be kept
  ahead       the next block is decoded while this one is worked on
"""
