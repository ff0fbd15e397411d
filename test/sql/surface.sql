-- What the extension offers, from the catalogs: a change here is a change of the drop-in surface.
\getenv dir PG_ABS_SRCDIR
\set helpers :dir '/sql/include/helpers.sql'
\i :helpers

-- everything that CREATE EXTENSION made; functions without our own helpers
CREATE TEMP VIEW member AS
    SELECT classid, objid FROM pg_depend
    WHERE refclassid = 'pg_extension'::regclass
        AND refobjid = (SELECT oid FROM pg_extension WHERE extname = 'vecmilvus') AND deptype = 'e';
CREATE TEMP VIEW member_function AS
    SELECT p.* FROM pg_proc p JOIN member ON classid = 'pg_proc'::regclass AND objid = p.oid
    WHERE proname !~ '^vecmilvus_' AND pronamespace <> coalesce(to_regnamespace('milvus'), 0);

-- types
SELECT typname, typlen AS len, typbyval AS byval, typalign AS align, typstorage AS storage,
    typcategory AS category,
    typispreferred AS preferred, typdelim AS delim, typtype AS kind, typarray::regtype AS array,
    typcollation AS collation
    FROM pg_type t JOIN member ON classid = 'pg_type'::regclass AND objid = t.oid
    WHERE typtype = 'b' AND typcategory <> 'A' ORDER BY typname COLLATE "C";
SELECT typname, typinput AS input, typoutput AS output, typreceive AS receive, typsend AS send,
    typmodin AS modin, typmodout AS modout,
    typanalyze AS analyze, typsubscript AS subscript
    FROM pg_type t JOIN member ON classid = 'pg_type'::regclass AND objid = t.oid
    WHERE typtype = 'b' AND typcategory <> 'A' ORDER BY typname COLLATE "C";

-- functions
SELECT oid::regprocedure::text AS function, prorettype::regtype AS returns, provolatile AS volatile,
    proisstrict AS strict, proparallel AS parallel,
    lanname AS language, concat_ws(' ', CASE WHEN prosecdef THEN 'definer' END,
    CASE WHEN proleakproof THEN 'leakproof' END,
    CASE WHEN proretset THEN 'set' END, CASE WHEN proargnames IS NOT NULL THEN 'names' END,
    CASE WHEN pronargdefaults > 0 THEN 'defaults' END) AS more
    FROM (SELECT f.*, lanname FROM member_function f JOIN pg_language l ON l.oid = prolang) s
    WHERE prokind = 'f' ORDER BY oid::regprocedure::text COLLATE "C";
SELECT prokind AS kind, count(*) FROM member_function GROUP BY 1 ORDER BY 1;

-- aggregates
SELECT a.aggfnoid::oid::regprocedure::text AS aggregate, aggtransfn AS trans, aggfinalfn AS final,
    aggcombinefn AS combine, aggserialfn AS serial,
    aggtranstype::regtype AS state, agginitval AS init, aggkind AS kind, aggsortop AS sortop,
    aggmtransfn AS moving, aggfinalmodify AS modify, proparallel AS parallel
    FROM pg_aggregate a JOIN member_function p ON p.oid = a.aggfnoid
    ORDER BY a.aggfnoid::oid::regprocedure::text COLLATE "C";

-- operators
SELECT o.oid::regoperator::text AS operator, oprresult::regtype AS result, oprcode AS function,
    oprcom::regoperator AS commutator, oprnegate::regoperator AS negator,
    oprrest AS restrict, oprjoin AS join, oprcanmerge AS merges, oprcanhash AS hashes
    FROM pg_operator o JOIN member ON classid = 'pg_operator'::regclass AND objid = o.oid
    ORDER BY o.oid::regoperator::text COLLATE "C";
SELECT count(*) FROM pg_operator o JOIN member ON classid = 'pg_operator'::regclass
    AND objid = o.oid;

-- casts
SELECT castsource::regtype::text AS source, casttarget::regtype::text AS target,
    castcontext AS context, castmethod AS method, castfunc::regprocedure AS function
    FROM pg_cast c JOIN member ON classid = 'pg_cast'::regclass AND objid = c.oid
    ORDER BY castsource::regtype::text COLLATE "C", casttarget::regtype::text COLLATE "C";
SELECT count(*), count(*) FILTER (WHERE castcontext = 'i') AS implicit,
    count(*) FILTER (WHERE castcontext = 'a') AS assignment
    FROM pg_cast c JOIN member ON classid = 'pg_cast'::regclass AND objid = c.oid;

-- access methods and operator classes
SELECT amname AS method, amhandler AS handler, amtype AS type
    FROM pg_am a JOIN member ON classid = 'pg_am'::regclass AND objid = a.oid ORDER BY 1;
SELECT amname AS method, opcname AS opclass, opfname AS family, opcintype::regtype AS type,
    opckeytype::regtype AS key, opcdefault AS is_default
    FROM pg_opclass c JOIN member ON classid = 'pg_opclass'::regclass AND objid = c.oid
    JOIN pg_opfamily f ON f.oid = opcfamily
    JOIN pg_am a ON a.oid = opcmethod ORDER BY 1, 2;
SELECT amname AS method, f.opfname AS family, amopstrategy AS strategy,
    amopopr::regoperator AS operator, amoppurpose AS purpose, s.opfname AS sorted_by
    FROM pg_opfamily f JOIN member ON classid = 'pg_opfamily'::regclass AND objid = f.oid
    JOIN pg_am a ON a.oid = f.opfmethod
    JOIN pg_amop o ON amopfamily = f.oid LEFT JOIN pg_opfamily s ON s.oid = amopsortfamily
    ORDER BY 1, 2, 3;
SELECT amname AS method, opfname AS family, amproclefttype::regtype AS left,
    amprocrighttype::regtype AS right, amprocnum AS support, amproc::regprocedure AS function
    FROM pg_opfamily f JOIN member ON classid = 'pg_opfamily'::regclass AND objid = f.oid
    JOIN pg_am a ON a.oid = opfmethod
    JOIN pg_amproc p ON amprocfamily = f.oid ORDER BY 1, 2, 5;

-- everybody may call the functions and use the types
SELECT count(*) FILTER (WHERE NOT has_function_privilege('public', oid, 'EXECUTE')) AS not_public
    FROM member_function;

-- PostgreSQL's own consistency checks, as in its opr_sanity and type_sanity tests
SELECT o.oid::regoperator FROM pg_operator o
    JOIN member ON classid = 'pg_operator'::regclass AND objid = o.oid
    WHERE (oprcom <> 0 AND NOT EXISTS (SELECT 1 FROM pg_operator c
        WHERE c.oid = o.oprcom AND c.oprcom = o.oid AND c.oprleft = o.oprright
        AND c.oprright = o.oprleft))
    OR (oprnegate <> 0 AND NOT EXISTS (SELECT 1 FROM pg_operator n
        WHERE n.oid = o.oprnegate AND n.oprnegate = o.oid AND n.oprleft = o.oprleft
        AND n.oprright = o.oprright));
SELECT o.oid::regoperator FROM pg_operator o
    JOIN member ON classid = 'pg_operator'::regclass AND objid = o.oid
    JOIN pg_proc p ON p.oid = oprcode WHERE p.prorettype <> oprresult
        OR p.proargtypes[0] <> oprleft OR p.proargtypes[1] <> oprright OR p.provolatile <> 'i';
SELECT amname, count(*), bool_and(amvalidate(c.oid)) AS valid FROM pg_opclass c
    JOIN member ON classid = 'pg_opclass'::regclass AND objid = c.oid
    JOIN pg_am a ON a.oid = opcmethod GROUP BY 1 ORDER BY 1;

-- the verifier
SELECT oid::regprocedure AS function, provolatile AS volatile, proisstrict AS strict,
    proparallel AS parallel, pg_get_function_arguments(oid) AS arguments,
    pg_get_function_result(oid) AS result, has_function_privilege('public', oid, 'EXECUTE') AS public
    FROM pg_proc WHERE proname = 'vecmilvus_check_index';
