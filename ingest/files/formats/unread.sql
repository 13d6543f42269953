-- Grain: one flag per text that stands for an address: what PowerShell writes where it does not write
-- the values of a list (System.String[]), or not all of them.
create or replace macro is_type(text) as
    (starts_with(text, 'System.') or starts_with(text, 'Microsoft.')) and not contains(text, '@');
create or replace macro is_cut(text) as contains(text, '...') or contains(text, '…')
