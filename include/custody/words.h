/* The words of Custody as enumerations and their names: finding kinds, severities, confidences, contracts, languages,
 * doors. Everything here is data that the runtime, the shims and the command-line tool share; the audit log spells
 * these names (docs/audit-log.md). Header only, no state, callable from any thread and from signal handlers. */
#ifndef CUSTODY_WORDS_H
#define CUSTODY_WORDS_H

#include <stdbool.h>
#include <stddef.h>

#ifdef __cplusplus
extern "C" {
#endif

/** How bad a finding is. Ordered: a larger value is worse. */
enum custody_severity {
    CUSTODY_SEVERITY_NOTE = 0,
    CUSTODY_SEVERITY_WARNING = 1,
    CUSTODY_SEVERITY_ERROR = 2,
};

/** How a finding is known: `exact` rests on facts alone; `inferred` is never more severe than a warning. */
enum custody_confidence {
    CUSTODY_CONFIDENCE_INFERRED = 0,
    CUSTODY_CONFIDENCE_EXACT = 1,
};

/** Language of a side. */
enum custody_lang {
    CUSTODY_LANG_NONE = 0, /**< not known, or does not apply */
    CUSTODY_LANG_C = 1,
    CUSTODY_LANG_CXX = 2,
    CUSTODY_LANG_RUST = 3,
    CUSTODY_LANG_COUNT = 4,
};

/** Broken rules; see findings.def. */
enum custody_finding_kind {
#define CUSTODY_FINDING(ID, name, severity, summary) CUSTODY_FINDING_##ID,
#include "custody/findings.def"
    CUSTODY_FINDING_COUNT
};

/** Ways of making and releasing blocks; see contracts.def. */
enum custody_contract {
#define CUSTODY_CONTRACT(ID, name, lang, release) CUSTODY_CONTRACT_##ID,
#include "custody/contracts.def"
    CUSTODY_CONTRACT_COUNT
};

/** What happened to something that the program told of; see deeds.def. */
enum custody_deed {
#define CUSTODY_DEED(ID, name, words) CUSTODY_DEED_##ID,
#include "custody/deeds.def"
    CUSTODY_DEED_COUNT
};

/** Entry points of allocators; see doors.def. */
enum custody_door {
#define CUSTODY_DOOR(ID, symbol, contract, verb) CUSTODY_DOOR_##ID,
#include "custody/doors.def"
    CUSTODY_DOOR_COUNT
};

/** Name of `severity` as the log spells it. Static string; "unknown" when out of range. */
static inline const char *custody_severity_name(enum custody_severity severity)
{
    switch (severity) {
    case CUSTODY_SEVERITY_NOTE:
        return "note";
    case CUSTODY_SEVERITY_WARNING:
        return "warning";
    case CUSTODY_SEVERITY_ERROR:
        return "error";
    }
    return "unknown";
}

/** Name of `confidence` as the log spells it. Static string. */
static inline const char *custody_confidence_name(enum custody_confidence confidence)
{
    return confidence == CUSTODY_CONFIDENCE_EXACT ? "exact" : "inferred";
}

/** Name of `lang` as the log spells it: "c", "c++", "rust", or "unknown". Static string. */
static inline const char *custody_lang_name(enum custody_lang lang)
{
    switch (lang) {
    case CUSTODY_LANG_C:
        return "c";
    case CUSTODY_LANG_CXX:
        return "c++";
    case CUSTODY_LANG_RUST:
        return "rust";
    case CUSTODY_LANG_NONE:
    case CUSTODY_LANG_COUNT:
        break;
    }
    return "unknown";
}

/** Name of a finding kind, such as "double-free". Static string; "unknown" when out of range. */
static inline const char *custody_finding_name(enum custody_finding_kind kind)
{
    switch (kind) {
#define CUSTODY_FINDING(ID, name, severity, summary) \
    case CUSTODY_FINDING_##ID: \
        return name;
#include "custody/findings.def"
    case CUSTODY_FINDING_COUNT:
        break;
    }
    return "unknown";
}

/** One-line meaning of a finding kind. Static string; "" when out of range. */
static inline const char *custody_finding_summary(enum custody_finding_kind kind)
{
    switch (kind) {
#define CUSTODY_FINDING(ID, name, severity, summary) \
    case CUSTODY_FINDING_##ID: \
        return summary;
#include "custody/findings.def"
    case CUSTODY_FINDING_COUNT:
        break;
    }
    return "";
}

/** Severity of an exact finding of this kind before settings; NOTE when out of range. */
static inline enum custody_severity custody_finding_severity(enum custody_finding_kind kind)
{
    switch (kind) {
#define CUSTODY_FINDING(ID, name, severity, summary) \
    case CUSTODY_FINDING_##ID: \
        return CUSTODY_SEVERITY_##severity;
#include "custody/findings.def"
    case CUSTODY_FINDING_COUNT:
        break;
    }
    return CUSTODY_SEVERITY_NOTE;
}

/** Name of a deed, such as "lent". Static string; "unknown" when out of range. */
static inline const char *custody_deed_name(enum custody_deed deed)
{
    switch (deed) {
#define CUSTODY_DEED(ID, name, words) \
    case CUSTODY_DEED_##ID: \
        return name;
#include "custody/deeds.def"
    case CUSTODY_DEED_COUNT:
        break;
    }
    return "unknown";
}

/** What reports call a deed, in front of who takes part: "handed over". Static string; "" when out of range. */
static inline const char *custody_deed_words(enum custody_deed deed)
{
    switch (deed) {
#define CUSTODY_DEED(ID, name, words) \
    case CUSTODY_DEED_##ID: \
        return words;
#include "custody/deeds.def"
    case CUSTODY_DEED_COUNT:
        break;
    }
    return "";
}

/** Name of a contract, such as "new[]". Static string; "unknown" when out of range. */
static inline const char *custody_contract_name(enum custody_contract contract)
{
    switch (contract) {
#define CUSTODY_CONTRACT(ID, name, lang, release) \
    case CUSTODY_CONTRACT_##ID: \
        return name;
#include "custody/contracts.def"
    case CUSTODY_CONTRACT_COUNT:
        break;
    }
    return "unknown";
}

/** What should be called to release a block of this contract, as advice. Static string. */
static inline const char *custody_contract_release(enum custody_contract contract)
{
    switch (contract) {
#define CUSTODY_CONTRACT(ID, name, lang, release) \
    case CUSTODY_CONTRACT_##ID: \
        return release;
#include "custody/contracts.def"
    case CUSTODY_CONTRACT_COUNT:
        break;
    }
    return "";
}

/** Language that a contract implies for its side; NONE when the module decides. */
static inline enum custody_lang custody_contract_lang(enum custody_contract contract)
{
    switch (contract) {
#define CUSTODY_CONTRACT(ID, name, lang, release) \
    case CUSTODY_CONTRACT_##ID: \
        return CUSTODY_LANG_##lang;
#include "custody/contracts.def"
    case CUSTODY_CONTRACT_COUNT:
        break;
    }
    return CUSTODY_LANG_NONE;
}

/** What the name of the library begins with whose allocator has this contract, such as "libcrypto"; NULL for contracts that
 * are no library's. Static string; contracts of one library have equal ones. */
static inline const char *custody_contract_library(enum custody_contract contract)
{
    const unsigned number = contract; /* of which most values have no case */
    switch (number) {
#define CUSTODY_ALLOCATOR(contract, library, symbol, header, calls, functions) \
    case CUSTODY_CONTRACT_##contract: \
        return library;
#include "custody/allocators.def"
    default:
        return NULL;
    }
}

/** True for contracts of allocators with memory of their own (families.def). */
static inline bool custody_contract_has_memory(enum custody_contract contract)
{
    const unsigned number = contract; /* of which most values have no case */
    switch (number) {
#define CUSTODY_FAMILY(contract, signature) \
    case CUSTODY_CONTRACT_##contract: \
        return true;
#define CUSTODY_FAMILY_DOOR(ID, symbol, contract, role, block, size, count, align)
#include "custody/families.def"
    default:
        return false;
    }
}

/** Symbol of a door, such as "_ZdlPvm". Static string; "unknown" when out of range. */
static inline const char *custody_door_symbol(enum custody_door door)
{
    switch (door) {
#define CUSTODY_DOOR(ID, symbol, contract, verb) \
    case CUSTODY_DOOR_##ID: \
        return symbol;
#include "custody/doors.def"
    case CUSTODY_DOOR_COUNT:
        break;
    }
    return "unknown";
}

/** Contract that a call through `door` takes part in; UNKNOWN when out of range. */
static inline enum custody_contract custody_door_contract(enum custody_door door)
{
    switch (door) {
#define CUSTODY_DOOR(ID, symbol, contract, verb) \
    case CUSTODY_DOOR_##ID: \
        return CUSTODY_CONTRACT_##contract;
#include "custody/doors.def"
    case CUSTODY_DOOR_COUNT:
        break;
    }
    return CUSTODY_CONTRACT_UNKNOWN;
}

#ifdef __cplusplus
}
#endif

#endif
