-- Grafana's user of the database, who reads schema `reporting` and nothing else. For psql, with -v password=…
do $$ begin create role grafana; exception when duplicate_object then null; end $$;
alter role grafana login password :'password';
grant landfall_reader to grafana;
