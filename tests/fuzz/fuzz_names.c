/* /etc/hosts and /etc/resolv.conf, whatever is in them; and what a search list makes of a name. The first
 * line is the host. */
#include "fuzz.h"

#include "kinglet/dns.h"
#include "kinglet/names.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct names_config config;
    struct addresses found[2] = {{.count = 0}, {.count = 0}};
    unsigned char query[DNS_QUERY_MAX];
    char name[NAMES_LONGEST + 1], host[254];
    size_t host_len = 0;
    unsigned n = 0;

    while (host_len < size && host_len < sizeof host - 1 && data[host_len] != '\n' && data[host_len] != '\0')
        host_len++;
    if (host_len == 0)
        return 0;
    memcpy(host, data, host_len);
    host[host_len] = '\0';
    names_begin(&config);
    for (size_t at = host_len; at < size;) {
        const uint8_t *end = memchr(data + at, '\n', size - at);
        size_t len = end == NULL ? size - at : (size_t)(end - (data + at));
        char *line = fuzz_string(data + at, len), *same = fuzz_string(data + at, len);
        names_config_line(&config, line);
        names_hosts_line(same, host, found);
        free(line);
        free(same);
        at += len + 1;
    }
    names_end(&config);
    FUZZ_MUST(config.servers >= 1 && config.servers <= NAMES_SERVERS && config.ndots <= 15 &&
              config.attempts >= 1 && config.attempts <= 5 && config.timeout >= 1 && config.timeout <= 30);
    FUZZ_MUST(found[0].count <= ADDRESSES && found[1].count <= ADDRESSES);
    for (; names_candidate(&config, host, n, name); n++) {
        FUZZ_MUST(strlen(name) <= NAMES_LONGEST && (name[0] == '\0' || strncmp(name, host, host_len) == 0));
        FUZZ_MUST(dns_question(query, name) <= DNS_QUERY_MAX);
    }
    FUZZ_MUST(n >= 1 && n <= NAMES_SEARCH);
    return 0;
}
