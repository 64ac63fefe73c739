CREATE TABLE "landfall"."feed" (
	"only" boolean PRIMARY KEY DEFAULT true NOT NULL,
	"generation" integer DEFAULT 1 NOT NULL,
	CONSTRAINT "feed_has_one_row" CHECK ("landfall"."feed"."only")
);
--> statement-breakpoint
insert into landfall.feed default values;--> statement-breakpoint
create function landfall.feed_generation() returns integer language sql stable as $$
  select generation from landfall.feed
$$;
--> statement-breakpoint
DROP INDEX "landfall"."event_order";--> statement-breakpoint
ALTER TABLE "landfall"."event" ADD COLUMN "generation" integer DEFAULT landfall.feed_generation() NOT NULL;--> statement-breakpoint
CREATE INDEX "event_order" ON "landfall"."event" USING btree ("generation","transaction","id");
