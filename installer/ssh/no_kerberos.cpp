// What libssh's archive asks of Kerberos' libraries. We never log in by Kerberos (authentication.cpp), so nothing of it is ever called: whatever is asked
// of these is refused. Shared, those libraries and the second libcrypto that they bring cost each command some 4 ms of CPU at its start.
namespace {

constexpr unsigned kUnavailable = 16U << 16U;          // GSS_S_UNAVAILABLE

}  // namespace

extern "C" {

extern const void* const GSS_C_NT_HOSTBASED_SERVICE;
extern const void* const GSS_C_NT_USER_NAME;
const void* const GSS_C_NT_HOSTBASED_SERVICE = nullptr;
const void* const GSS_C_NT_USER_NAME = nullptr;

unsigned gss_accept_sec_context() { return kUnavailable; }
unsigned gss_acquire_cred() { return kUnavailable; }
unsigned gss_add_oid_set_member() { return kUnavailable; }
unsigned gss_create_empty_oid_set() { return kUnavailable; }
unsigned gss_display_name() { return kUnavailable; }
unsigned gss_display_status() { return kUnavailable; }
unsigned gss_get_mic() { return kUnavailable; }
unsigned gss_import_name() { return kUnavailable; }
unsigned gss_indicate_mechs() { return kUnavailable; }
unsigned gss_init_sec_context() { return kUnavailable; }
unsigned gss_inquire_cred() { return kUnavailable; }
unsigned gss_inquire_cred_by_mech() { return kUnavailable; }
unsigned gss_release_buffer() { return kUnavailable; }
unsigned gss_release_cred() { return kUnavailable; }
unsigned gss_release_name() { return kUnavailable; }
unsigned gss_release_oid_set() { return kUnavailable; }
unsigned gss_test_oid_set_member() { return kUnavailable; }
unsigned gss_verify_mic() { return kUnavailable; }

}  // extern "C"
