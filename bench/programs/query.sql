-- A table and its index in memory, with strings grouped and joined.
create table t (a integer primary key, b text, c text);
with recursive n(i) as (select 1 union all select i + 1 from n where i < 200000)
    insert into t select i, 'text' || (i * 7919 % 99991), hex(i) from n;
create index by_b on t(b);
select count(*), max(b) from t where b like '%9%';
select substr(b, 1, 6) k, count(*), length(group_concat(c)) from t group by k order by 2 desc, 1 limit 5;
select length(json_group_array(b)) from (select b from t limit 20000);
