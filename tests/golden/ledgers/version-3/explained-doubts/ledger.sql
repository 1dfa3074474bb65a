BEGIN TRANSACTION;
CREATE TABLE attempt (
	id INTEGER NOT NULL, 
	entry_id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	run_id TEXT NOT NULL, 
	started_at TEXT NOT NULL, 
	ended_at TEXT, 
	outcome TEXT, 
	status INTEGER, 
	detail TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(entry_id) REFERENCES entry (id)
);
INSERT INTO "attempt" VALUES(1,1,'debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','0e0d615bf89f4a5cb77e8e1900e4a59b','2026-11-26T18:30:43.014720Z','2026-11-26T18:30:43.018874Z','accepted',201,NULL);
INSERT INTO "attempt" VALUES(2,2,'debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','0e0d615bf89f4a5cb77e8e1900e4a59b','2026-11-26T18:30:43.014720Z','2026-11-26T18:30:43.018874Z','accepted',201,NULL);
INSERT INTO "attempt" VALUES(3,3,'debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','25981a8a09c940c18ec572e35c3a304b','2026-11-26T18:30:44.197760Z','2026-11-26T18:30:44.202388Z','in doubt',409,'its unique id is taken, but its case does not show it');
INSERT INTO "attempt" VALUES(4,4,'debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','6435632f299a483caead9b5c1b4be0b1','2026-11-26T18:30:44.777900Z','2026-11-26T18:30:44.781623Z','in doubt',500,'HTTP 500');
INSERT INTO "attempt" VALUES(5,4,'debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','6435632f299a483caead9b5c1b4be0b1','2026-11-26T18:30:44.800177Z','2026-11-26T18:30:44.803565Z','in doubt',404,'refused after a doubt, and its case does not show it');
INSERT INTO "attempt" VALUES(6,5,'debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','6ca273aa420a45cea83265daeb813103','2026-11-26T18:30:45.377426Z','2026-11-26T18:30:45.381399Z','in doubt',422,'HTTP 422 reference in use');
CREATE TABLE batch (
	id INTEGER NOT NULL, 
	run_id TEXT NOT NULL, 
	cases_account TEXT NOT NULL, 
	vouchers_account TEXT NOT NULL, 
	source_name TEXT NOT NULL, 
	source_sha256 TEXT NOT NULL, 
	profile TEXT, 
	heads TEXT NOT NULL, 
	notes TEXT NOT NULL, 
	control TEXT NOT NULL, 
	taken_at TEXT NOT NULL, 
	PRIMARY KEY (id)
);
INSERT INTO "batch" VALUES(1,'0e0d615bf89f4a5cb77e8e1900e4a59b','debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','cases.xlsx','0e40350fa6c6d2be3368c9a03d0a1ee9c036963b6b41c6dbea3cf4cb37a48df7',NULL,'[{"name": "Cases", "header": ["case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover", "creditor_reference", "debtor_type", "debtor_name", "debtor_state", "debtor_country", "is_test"], "names": ["case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover", "creditor_reference", "debtor_type", "debtor_name", "debtor_state", "debtor_country", "is_test"], "flat": false, "proofs": []}]','[]','{"case": {"DKK": [2, 20000]}, "voucher": {}}','2026-11-26T18:30:42.994853Z');
INSERT INTO "batch" VALUES(2,'25981a8a09c940c18ec572e35c3a304b','debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','taken.xlsx','18799d85222c3f524e9e6a0a4cdd4f5ae87a48281a33f1ef92a33fa75bfcda77',NULL,'[{"name": "Vouchers", "header": ["case_ref", "unique_id", "voucher_type", "voucher_amount", "currency", "date", "source", "reference_id", "parent_unique_id"], "names": ["case_ref", "unique_id", "voucher_type", "voucher_amount", "currency", "date", "source", "reference_id", "parent_unique_id"], "flat": false, "proofs": []}]','[]','{"case": {}, "voucher": {"DKK": [1, 10000]}}','2026-11-26T18:30:44.174697Z');
INSERT INTO "batch" VALUES(3,'6435632f299a483caead9b5c1b4be0b1','debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','refused.xlsx','2fcd16746180b1a7d7dfaa884de7a1580f37ef705c91112cd55385ec71b8d466',NULL,'[{"name": "Vouchers", "header": ["case_id", "case_ref", "unique_id", "voucher_type", "voucher_amount", "currency", "date", "source", "reference_id", "parent_unique_id"], "names": ["case_id", "case_ref", "unique_id", "voucher_type", "voucher_amount", "currency", "date", "source", "reference_id", "parent_unique_id"], "flat": false, "proofs": []}]','[]','{"case": {}, "voucher": {"DKK": [1, 10000]}}','2026-11-26T18:30:44.757196Z');
INSERT INTO "batch" VALUES(4,'6ca273aa420a45cea83265daeb813103','debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','in-use.xlsx','e42b8362a0f77d6f57e939f4b86077c731ef85346f09c1322fb2a9d1708ca00d',NULL,'[{"name": "Cases", "header": ["case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover", "creditor_reference", "debtor_type", "debtor_name", "debtor_state", "debtor_country", "is_test"], "names": ["case_ref", "creditor_company_name", "creditor_country", "currency", "date", "amount_to_recover", "creditor_reference", "debtor_type", "debtor_name", "debtor_state", "debtor_country", "is_test"], "flat": false, "proofs": []}]','[]','{"case": {"DKK": [1, 10000]}, "voucher": {}}','2026-11-26T18:30:45.357263Z');
CREATE TABLE credential (
	fingerprint TEXT NOT NULL, 
	account TEXT NOT NULL, 
	PRIMARY KEY (fingerprint)
);
INSERT INTO "credential" VALUES('@key@','5a4d0b0c-0000-4000-8000-000000000001');
CREATE TABLE entry (
	id INTEGER NOT NULL, 
	account TEXT NOT NULL, 
	kind TEXT NOT NULL, 
	"key" TEXT NOT NULL, 
	base TEXT NOT NULL, 
	ref TEXT, 
	is_test BOOLEAN NOT NULL, 
	batch_id INTEGER NOT NULL, 
	row_id INTEGER NOT NULL, 
	case_id INTEGER, 
	target TEXT, 
	parent_key TEXT, 
	parent_id INTEGER, 
	state TEXT NOT NULL, 
	ready BOOLEAN NOT NULL, 
	payload BLOB NOT NULL, 
	digest TEXT NOT NULL, 
	content TEXT, 
	idempotency_key TEXT NOT NULL, 
	appendix TEXT, 
	remote_id TEXT, 
	remote_reference TEXT, 
	reasons TEXT, 
	not_before TEXT, 
	first_sent_at TEXT, 
	doubted_at TEXT, 
	absent_scans INTEGER NOT NULL, 
	accepted_at TEXT, 
	superseded_by INTEGER, 
	PRIMARY KEY (id), 
	FOREIGN KEY(batch_id) REFERENCES batch (id), 
	FOREIGN KEY(case_id) REFERENCES entry (id), 
	FOREIGN KEY(parent_id) REFERENCES entry (id), 
	FOREIGN KEY(superseded_by) REFERENCES entry (id)
);
INSERT INTO "entry" VALUES(1,'debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','case','559ca6899ea63c9eb76dca4e21ab9b844270bf69','559ca6899ea63c9eb76dca4e21ab9b844270bf69','C-1',0,1,1,NULL,NULL,NULL,NULL,'accepted',1,X'7B226372656469746F72436F6D70616E794E616D65223A224E6F72646C797320456E6572676920412F53222C226372656469746F72436F756E747279416C70686132223A22444B222C2263757272656E6379436F6465223A22444B4B222C2264617465223A22323032362D30312D3331222C22616D6F756E74546F5265636F766572223A3130302E302C226372656469746F725265666572656E6365223A22522D31222C22646562746F72223A7B2274797065223A22506572736F6E222C226E616D65223A22426F64696C205A6562726168657374222C22636F756E747279416C70686132223A22444B227D7D','b8e1ff7391665f295b98f06a8c73dbd36c54050a',NULL,'b2c4fba0-f387-48ea-a326-13827b62a0ca',NULL,'6bf7312d-9c67-4d95-a05f-21334abfa94a','RUQGBUJF',NULL,NULL,'2026-11-26T18:30:43.014720Z',NULL,0,'2026-11-26T18:30:43.018874Z',NULL);
INSERT INTO "entry" VALUES(2,'debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','case','05387ae9c86c2cac3427a78fa3484f5e7b2c7e1c','05387ae9c86c2cac3427a78fa3484f5e7b2c7e1c','C-2',0,1,2,NULL,NULL,NULL,NULL,'accepted',1,X'7B226372656469746F72436F6D70616E794E616D65223A224E6F72646C797320456E6572676920412F53222C226372656469746F72436F756E747279416C70686132223A22444B222C2263757272656E6379436F6465223A22444B4B222C2264617465223A22323032362D30312D3331222C22616D6F756E74546F5265636F766572223A3130302E302C226372656469746F725265666572656E6365223A22522D32222C22646562746F72223A7B2274797065223A22506572736F6E222C226E616D65223A22426F64696C205A6562726168657374222C22636F756E747279416C70686132223A22444B227D7D','4a53425597763ac40386342c5f7056b7bc0cbf07',NULL,'6767c1c3-418f-4af9-acc4-9f964c63245c',NULL,'81d2572c-c689-488a-af3e-3c356e51f94a','ED2H4WJR',NULL,NULL,'2026-11-26T18:30:43.014720Z',NULL,0,'2026-11-26T18:30:43.018874Z',NULL);
INSERT INTO "entry" VALUES(3,'debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','voucher','V-TAKEN','V-TAKEN',NULL,0,2,3,1,NULL,NULL,NULL,'in_doubt',1,X'7B22766F7563686572547970654964223A2265623431653538652D666363662D343139642D613737312D636435303237666536653837222C22616D6F756E74223A2D31303030302C2263757272656E6379223A22444B4B222C2264617465223A22323032362D30312D33312030303A30303A30302E3030302B3031222C22736F75726365223A224352454449544F52222C22756E697175654964223A22562D54414B454E227D','7424dc0f909e8c860009172c2330fd9208b28e0a','06b3ce64984c92091d79e84571ba5ce363ad325d','fccfb205-8f03-4b3f-a0db-839d3993a807',NULL,NULL,NULL,NULL,'2027-11-26T18:30:44.202261Z','2026-11-26T18:30:44.197760Z','2026-11-26T18:30:44.202388Z',0,NULL,NULL);
INSERT INTO "entry" VALUES(4,'debbie:@url@:5a4d0b0c-0000-4000-8000-00000000d0b1','voucher','V-REFUSED','V-REFUSED',NULL,0,3,4,NULL,'5a4d0b0c-0000-4000-8000-00000000ffff',NULL,NULL,'in_doubt',1,X'7B22766F7563686572547970654964223A2265623431653538652D666363662D343139642D613737312D636435303237666536653837222C22616D6F756E74223A2D31303030302C2263757272656E6379223A22444B4B222C2264617465223A22323032362D30312D33312030303A30303A30302E3030302B3031222C22736F75726365223A224352454449544F52222C22756E697175654964223A22562D52454655534544227D','47eb950f1aa7c521924509457960d8b661b3c228','06b3ce64984c92091d79e84571ba5ce363ad325d','a462e790-297c-4a1d-b42a-fd78a4806ba5',NULL,NULL,NULL,'[{"code":"http_404","message":"Refused by the server (HTTP 404): Debbie does not know the voucher''s case. There is no case 5a4d0b0c-0000-4000-8000-00000000ffff."}]','2027-11-26T18:30:44.803431Z','2026-11-26T18:30:44.777900Z','2026-11-26T18:30:44.803565Z',0,NULL,NULL);
INSERT INTO "entry" VALUES(5,'debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','case','c0601d240fc50bb6112249f41c87eb4291c3ac73','c0601d240fc50bb6112249f41c87eb4291c3ac73','C-3',0,4,5,NULL,NULL,NULL,NULL,'in_doubt',1,X'7B226372656469746F72436F6D70616E794E616D65223A224E6F72646C797320456E6572676920412F53222C226372656469746F72436F756E747279416C70686132223A22444B222C2263757272656E6379436F6465223A22444B4B222C2264617465223A22323032362D30312D3331222C22616D6F756E74546F5265636F766572223A3130302E302C226372656469746F725265666572656E6365223A22522D31222C22646562746F72223A7B2274797065223A22506572736F6E222C226E616D65223A2253616D65205265666572656E6365222C22636F756E747279416C70686132223A22444B227D7D','bddda9dfad8bc4b77d06116179b1ac56209cb9f8',NULL,'6c0b60f4-bcba-4006-9946-3279369c4f56',NULL,NULL,NULL,NULL,NULL,'2026-11-26T18:30:45.377426Z','2026-11-26T18:30:45.381399Z',0,NULL,NULL);
CREATE TABLE meta (
	name TEXT NOT NULL, 
	value TEXT NOT NULL, 
	PRIMARY KEY (name)
);
INSERT INTO "meta" VALUES('schema','3');
INSERT INTO "meta" VALUES('clock of debitura:@url@:5a4d0b0c-0000-4000-8000-000000000001','0 0 0');
CREATE TABLE reading (
	batch_id INTEGER NOT NULL, 
	fingerprint TEXT NOT NULL, 
	day TEXT NOT NULL, 
	has_cases BOOLEAN NOT NULL, 
	PRIMARY KEY (batch_id), 
	FOREIGN KEY(batch_id) REFERENCES batch (id)
);
INSERT INTO "reading" VALUES(1,'b30831dbb770796a7af46257b49396134208f5b82b7597eedbae882a06bf6c1e','2026-11-26',1);
INSERT INTO "reading" VALUES(2,'e0c6c2264e139bf3d73ec9dc3963ae154d870ebb86ed33ff80b575ae5e63ca1c','2026-11-26',0);
INSERT INTO "reading" VALUES(3,'dc36176ac7817653d23aa553a345df9b66aaeb7ac1ed8403cf10aeb73622f472','2026-11-26',0);
INSERT INTO "reading" VALUES(4,'df6de3b5efe6b8a8a4410e870cf07b97303dae816a4fc0d66a079e03a75faa2d','2026-11-26',1);
CREATE TABLE reject (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	row_id INTEGER NOT NULL, 
	kind TEXT NOT NULL, 
	status TEXT NOT NULL, 
	reasons TEXT NOT NULL, 
	currency TEXT NOT NULL, 
	cents BIGINT NOT NULL, 
	ref TEXT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(batch_id) REFERENCES batch (id), 
	FOREIGN KEY(row_id) REFERENCES "row" (id)
);
CREATE TABLE request_count (
	scope TEXT NOT NULL, 
	counted TEXT NOT NULL, 
	at TEXT NOT NULL, 
	PRIMARY KEY (scope)
);
INSERT INTO "request_count" VALUES('@key@','{"at":1795717845.3869355,"flying":0,"blocked":null,"windows":{"minute 60":[[1795717843.019,3],[1795717844.146,1],[1795717844.73,1],[1795717845.386,3]],"hour 3600":[8,0,1795717842.9645648,1795717842.967302,1795717842.9645648,1795717845.3864667],"clock hour 3600":[8,0,1795715996.4,1795716003.6,1795717842.9645648,1795717845.3864667],"day 86400":[8,0,1795717842.9645648,1795717842.967302,1795717842.9645648,1795717845.3864667]}}','2026-11-26T18:30:45.387015Z');
CREATE TABLE "row" (
	id INTEGER NOT NULL, 
	batch_id INTEGER NOT NULL, 
	sheet INTEGER NOT NULL, 
	number INTEGER NOT NULL, 
	cells TEXT NOT NULL, 
	case_entry INTEGER, 
	case_standing TEXT, 
	case_currency TEXT, 
	case_cents BIGINT, 
	voucher_entry INTEGER, 
	voucher_standing TEXT, 
	voucher_currency TEXT, 
	voucher_cents BIGINT, 
	PRIMARY KEY (id), 
	FOREIGN KEY(batch_id) REFERENCES batch (id), 
	FOREIGN KEY(case_entry) REFERENCES entry (id), 
	FOREIGN KEY(voucher_entry) REFERENCES entry (id)
);
INSERT INTO "row" VALUES(1,1,0,2,'["C-1","Nordlys Energi A/S","DK","DKK","2026-01-31","100.00","R-1","Person","Bodil Zebrahest",null,"DK",null]',1,'new','DKK',10000,NULL,NULL,NULL,NULL);
INSERT INTO "row" VALUES(2,1,0,3,'["C-2","Nordlys Energi A/S","DK","DKK","2026-01-31","100.00","R-2","Person","Bodil Zebrahest",null,"DK",null]',2,'new','DKK',10000,NULL,NULL,NULL,NULL);
INSERT INTO "row" VALUES(3,2,0,2,'["C-1","V-TAKEN","invoice","100.00","DKK","2026-01-31","CREDITOR",null,null]',NULL,NULL,NULL,NULL,3,'new','DKK',10000);
INSERT INTO "row" VALUES(4,3,0,2,'["5a4d0b0c-0000-4000-8000-00000000ffff",null,"V-REFUSED","invoice","100.00","DKK","2026-01-31","CREDITOR",null,null]',NULL,NULL,NULL,NULL,4,'new','DKK',10000);
INSERT INTO "row" VALUES(5,4,0,2,'["C-3","Nordlys Energi A/S","DK","DKK","2026-01-31","100.00","R-1","Person","Same Reference",null,"DK",null]',5,'new','DKK',10000,NULL,NULL,NULL,NULL);
CREATE INDEX reading_fingerprint ON reading (fingerprint);
CREATE UNIQUE INDEX entry_key ON entry (account, kind, "key");
CREATE INDEX entry_open ON entry (account, kind, state, ready, batch_id, id) WHERE state <> 'accepted';
CREATE INDEX entry_case ON entry (case_id) WHERE case_id IS NOT NULL;
CREATE INDEX entry_parent ON entry (parent_id) WHERE parent_id IS NOT NULL;
CREATE INDEX entry_remote ON entry (account, kind, remote_id);
CREATE INDEX entry_ref ON entry (account, ref) WHERE kind = 'case';
CREATE INDEX entry_base ON entry (account, kind, base);
CREATE INDEX row_case ON "row" (case_entry) WHERE case_entry IS NOT NULL;
CREATE INDEX row_batch ON "row" (batch_id, id);
CREATE INDEX row_voucher ON "row" (voucher_entry) WHERE voucher_entry IS NOT NULL;
CREATE INDEX attempt_window ON attempt (account, started_at);
CREATE INDEX attempt_entry ON attempt (entry_id);
CREATE INDEX reject_row ON reject (row_id);
CREATE INDEX reject_ref ON reject (batch_id, kind, ref);
COMMIT;
