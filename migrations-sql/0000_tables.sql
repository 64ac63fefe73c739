-- Landfall's own tables. Only new objects: nothing is locked.
CREATE SCHEMA IF NOT EXISTS "landfall";
--> statement-breakpoint
CREATE TABLE "landfall"."account" (
	"name" text PRIMARY KEY NOT NULL,
	"provider" text NOT NULL,
	"policy" text NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"state_reason" text,
	"state_since" timestamp with time zone DEFAULT now() NOT NULL,
	"probe_at" timestamp with time zone,
	"probes" integer DEFAULT 0 NOT NULL,
	"baseline_at" timestamp with time zone,
	"last_sweep_completed_at" timestamp with time zone,
	"events" integer DEFAULT 0 NOT NULL,
	"planned_at" timestamp with time zone,
	"usual_stays" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"usual_stays_at" timestamp with time zone,
	"page_size" integer,
	"page_size_at" timestamp with time zone,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "landfall"."budget" (
	"account" text PRIMARY KEY NOT NULL,
	"full_at" timestamp with time zone DEFAULT now() NOT NULL,
	"blocked_until" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"throttles" integer DEFAULT 0 NOT NULL,
	"granted" bigint DEFAULT 0 NOT NULL,
	"share" double precision DEFAULT 1 NOT NULL,
	"share_at" timestamp with time zone,
	"pace" double precision,
	"pace_until" timestamp with time zone,
	"hint_credit" double precision DEFAULT 2 NOT NULL,
	"hint_credit_at" timestamp with time zone DEFAULT now() NOT NULL,
	"slow_full_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "landfall"."walk" (
	"account" text NOT NULL,
	"kind" text NOT NULL,
	"walk" jsonb,
	"due_at" timestamp with time zone DEFAULT now(),
	"started_at" timestamp with time zone,
	"completed" integer DEFAULT 0 NOT NULL,
	"last_page" integer DEFAULT 0 NOT NULL,
	"fresh_end" text DEFAULT 'first' NOT NULL,
	"page_size" integer,
	"next_page_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_request_at" timestamp with time zone,
	"failures" integer DEFAULT 0 NOT NULL,
	"claim" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	CONSTRAINT "walk_account_kind_pk" PRIMARY KEY("account","kind")
);
--> statement-breakpoint
CREATE TABLE "landfall"."api_token" (
	"name" text PRIMARY KEY NOT NULL,
	"scope" text NOT NULL,
	"hash" text NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"last_used_at" timestamp with time zone,
	CONSTRAINT "api_token_hash_unique" UNIQUE("hash")
);
--> statement-breakpoint
CREATE TABLE "landfall"."creation" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "landfall"."creation_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text NOT NULL,
	"external_id" text NOT NULL,
	"request" jsonb NOT NULL,
	"state" text DEFAULT 'intended' NOT NULL,
	"migration_id" text,
	"reason" text,
	"attempts" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL,
	"sent_at" timestamp with time zone,
	"next_try_at" timestamp with time zone DEFAULT now() NOT NULL,
	"claim" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	CONSTRAINT "creation_identity" UNIQUE("account","external_id")
);
--> statement-breakpoint
CREATE TABLE "landfall"."event" (
	"id" text PRIMARY KEY NOT NULL,
	"type" text NOT NULL,
	"account" text,
	"hook" text,
	"migration" bigint,
	"migration_id" text,
	"sequence" integer NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	"transaction" "xid8" DEFAULT pg_current_xact_id() NOT NULL,
	"trace_parent" text,
	"payload" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "landfall"."hint" (
	"account" text NOT NULL,
	"id" text NOT NULL,
	"type" text,
	"received_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "hint_account_id_pk" PRIMARY KEY("account","id")
);
--> statement-breakpoint
CREATE TABLE "landfall"."delivery" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "landfall"."delivery_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"event" text NOT NULL,
	"hook" text NOT NULL,
	"stream" text NOT NULL,
	"sequence" integer NOT NULL,
	"state" text NOT NULL,
	"attempts" integer DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"first_attempt_at" timestamp with time zone,
	"delivered_at" timestamp with time zone,
	"next_attempt_at" timestamp with time zone,
	"last_status_code" integer,
	"last_error" text,
	"claim" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	CONSTRAINT "delivery_once" UNIQUE("event","hook")
);
--> statement-breakpoint
CREATE TABLE "landfall"."hook" (
	"name" text PRIMARY KEY NOT NULL,
	"kind" text NOT NULL,
	"events" text[] NOT NULL,
	"state" text DEFAULT 'active' NOT NULL,
	"state_reason" text,
	"sealed" text,
	"configured" boolean DEFAULT true NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"failing_since" timestamp with time zone,
	"last_failure_at" timestamp with time zone,
	"throttles" integer DEFAULT 0 NOT NULL,
	"warnings" smallint DEFAULT 0 NOT NULL,
	"paused_until" timestamp with time zone,
	"own_events" integer DEFAULT 0 NOT NULL,
	"created_at" timestamp with time zone DEFAULT now() NOT NULL
);
--> statement-breakpoint
CREATE TABLE "landfall"."migration" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "landfall"."migration_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text NOT NULL,
	"migration_id" text NOT NULL,
	"run_id" text,
	"status" text NOT NULL,
	"phase" text NOT NULL,
	"furthest" smallint NOT NULL,
	"company_id" text,
	"created_by_user_id" text,
	"created_at" timestamp with time zone,
	"attributes" jsonb DEFAULT '{}'::jsonb NOT NULL,
	"first_seen_at" timestamp with time zone NOT NULL,
	"status_since" timestamp with time zone NOT NULL,
	"finished_at" timestamp with time zone,
	"requested_at" timestamp with time zone NOT NULL,
	"last_observed_at" timestamp with time zone NOT NULL,
	"last_observed_via" text NOT NULL,
	"last_get_at" timestamp with time zone,
	"doubted" boolean DEFAULT false NOT NULL,
	"false_doubts" smallint DEFAULT 0 NOT NULL,
	"next_poll_at" timestamp with time zone,
	"urgent" boolean DEFAULT false NOT NULL,
	"hinted_at" timestamp with time zone,
	"by_hint" boolean DEFAULT false NOT NULL,
	"polls" integer DEFAULT 0 NOT NULL,
	"transitions" integer NOT NULL,
	"events" integer NOT NULL,
	"rechecks" smallint DEFAULT 0 NOT NULL,
	"failures" integer DEFAULT 0 NOT NULL,
	"misses" integer DEFAULT 0 NOT NULL,
	"vanished_at" timestamp with time zone,
	"overdue" boolean DEFAULT false NOT NULL,
	"claim" integer DEFAULT 0 NOT NULL,
	"lease_until" timestamp with time zone,
	CONSTRAINT "migration_identity" UNIQUE("account","migration_id")
);
--> statement-breakpoint
CREATE TABLE "landfall"."transition" (
	"migration" bigint NOT NULL,
	"seq" integer NOT NULL,
	"from_status" text,
	"to_status" text NOT NULL,
	"from_phase" text,
	"to_phase" text NOT NULL,
	"not_before" timestamp with time zone,
	"not_after" timestamp with time zone NOT NULL,
	"observed_via" text NOT NULL,
	"recorded_at" timestamp with time zone DEFAULT now() NOT NULL,
	CONSTRAINT "transition_migration_seq_pk" PRIMARY KEY("migration","seq")
);
--> statement-breakpoint
CREATE TABLE "landfall"."answer" (
	"id" bigint PRIMARY KEY GENERATED ALWAYS AS IDENTITY (sequence name "landfall"."answer_id_seq" INCREMENT BY 1 MINVALUE 1 MAXVALUE 9223372036854775807 START WITH 1 CACHE 1),
	"account" text NOT NULL,
	"answer" jsonb NOT NULL
);
--> statement-breakpoint
CREATE TABLE "landfall"."planner" (
	"account" text PRIMARY KEY NOT NULL,
	"holder" text,
	"held_until" timestamp with time zone,
	"turn" integer DEFAULT 0 NOT NULL,
	"config" jsonb,
	"learned" jsonb,
	"saved_at" timestamp with time zone
);
--> statement-breakpoint
CREATE TABLE "landfall"."usage" (
	"hour" timestamp with time zone NOT NULL,
	"account" text NOT NULL,
	"list_requests" integer DEFAULT 0 NOT NULL,
	"get_requests" integer DEFAULT 0 NOT NULL,
	"rate_limited" integer DEFAULT 0 NOT NULL,
	"errors" integer DEFAULT 0 NOT NULL,
	CONSTRAINT "usage_account_hour_pk" PRIMARY KEY("account","hour")
);
--> statement-breakpoint
ALTER TABLE "landfall"."budget" ADD CONSTRAINT "budget_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."walk" ADD CONSTRAINT "walk_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."creation" ADD CONSTRAINT "creation_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."event" ADD CONSTRAINT "event_migration_migration_id_fk" FOREIGN KEY ("migration") REFERENCES "landfall"."migration"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."hint" ADD CONSTRAINT "hint_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."delivery" ADD CONSTRAINT "delivery_event_event_id_fk" FOREIGN KEY ("event") REFERENCES "landfall"."event"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."delivery" ADD CONSTRAINT "delivery_hook_hook_name_fk" FOREIGN KEY ("hook") REFERENCES "landfall"."hook"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."migration" ADD CONSTRAINT "migration_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."transition" ADD CONSTRAINT "transition_migration_migration_id_fk" FOREIGN KEY ("migration") REFERENCES "landfall"."migration"("id") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."answer" ADD CONSTRAINT "answer_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
ALTER TABLE "landfall"."planner" ADD CONSTRAINT "planner_account_account_name_fk" FOREIGN KEY ("account") REFERENCES "landfall"."account"("name") ON DELETE no action ON UPDATE no action;--> statement-breakpoint
CREATE INDEX "creation_open" ON "landfall"."creation" USING btree ("account","next_try_at") WHERE state in ('intended', 'sent');--> statement-breakpoint
CREATE INDEX "event_recorded" ON "landfall"."event" USING btree ("recorded_at");--> statement-breakpoint
CREATE INDEX "event_account_recorded" ON "landfall"."event" USING btree ("account","type","recorded_at");--> statement-breakpoint
CREATE INDEX "event_type_recorded" ON "landfall"."event" USING btree ("type","recorded_at");--> statement-breakpoint
CREATE INDEX "event_order" ON "landfall"."event" USING btree ("transaction","id");--> statement-breakpoint
CREATE UNIQUE INDEX "event_place" ON "landfall"."event" USING btree ("account","migration_id","sequence") WHERE migration_id is not null;--> statement-breakpoint
CREATE UNIQUE INDEX "event_account_place" ON "landfall"."event" USING btree ("account","sequence") WHERE migration_id is null and hook is null;--> statement-breakpoint
CREATE UNIQUE INDEX "event_place_of_hook" ON "landfall"."event" USING btree ("hook","sequence") WHERE hook is not null;--> statement-breakpoint
CREATE INDEX "hint_received" ON "landfall"."hint" USING btree ("received_at");--> statement-breakpoint
CREATE INDEX "delivery_due" ON "landfall"."delivery" USING btree ("hook","next_attempt_at","id") WHERE state = 'pending';--> statement-breakpoint
CREATE INDEX "delivery_line" ON "landfall"."delivery" USING btree ("hook","stream","sequence") WHERE state in ('pending', 'held');--> statement-breakpoint
CREATE INDEX "delivery_leased" ON "landfall"."delivery" USING btree ("hook") WHERE state = 'pending' and lease_until is not null;--> statement-breakpoint
CREATE INDEX "delivery_newest" ON "landfall"."delivery" USING btree ("hook","state","id");--> statement-breakpoint
CREATE INDEX "migration_due" ON "landfall"."migration" USING btree ("account","next_poll_at") WHERE next_poll_at is not null;--> statement-breakpoint
CREATE INDEX "migration_urgent" ON "landfall"."migration" USING btree ("account","next_poll_at") WHERE urgent;--> statement-breakpoint
CREATE INDEX "migration_created" ON "landfall"."migration" USING btree ("account",coalesce(created_at, first_seen_at),"company_id");--> statement-breakpoint
CREATE INDEX "migration_phase_created" ON "landfall"."migration" USING btree ("account","phase",coalesce(created_at, first_seen_at),"company_id");--> statement-breakpoint
CREATE INDEX "migration_seen" ON "landfall"."migration" USING btree ("account","first_seen_at",coalesce(created_at, first_seen_at),"company_id");--> statement-breakpoint
CREATE INDEX "migration_phase_seen" ON "landfall"."migration" USING btree ("account","phase","first_seen_at",coalesce(created_at, first_seen_at),"company_id");--> statement-breakpoint
CREATE INDEX "migration_overdue" ON "landfall"."migration" USING btree ("account") WHERE overdue;--> statement-breakpoint
CREATE INDEX "migration_id_start" ON "landfall"."migration" USING btree ("migration_id" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "migration_company_start" ON "landfall"."migration" USING btree ("company_id" text_pattern_ops);--> statement-breakpoint
CREATE INDEX "migration_hinted" ON "landfall"."migration" USING btree ("account","hinted_at") WHERE hinted_at is not null;--> statement-breakpoint
CREATE INDEX "migration_live" ON "landfall"."migration" USING btree ("account") WHERE finished_at is null and vanished_at is null;--> statement-breakpoint
CREATE INDEX "answer_account" ON "landfall"."answer" USING btree ("account");