/* Libraries that call libc through variables, by which the program can give them functions of its own: libxml2 and libcurl.
 * As they are, their blocks are theirs, and so is what they release; once the program's functions are in place, mixing is
 * what the program makes of it. Correct programs hand blocks on by function pointer, and that is nobody's fault.
 *
 * @packages libxml-2.0 libcurl libcrypto glib-2.0
 * @builds cc=gcc opt=0
 * @builds cc=gcc opt=2
 * @builds cc=clang opt=0,2
 * @flags -fno-builtin
 * @run xml-to-free
 * @expect cross-allocator-free error exact owner=libxml2.so.2/c/xmlMalloc by=$prog/c/malloc call=free size=31 advice=xmlFree
 * @run xml-to-g_free
 * @expect cross-allocator-free error exact owner=libxml2.so.2/c/xmlMalloc by=libglib-2.0.so.0/c/g_malloc call=free size=31 advice=xmlFree
 * @run own-to-xmlFree
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libxml2.so.2/c/xmlMalloc call=free size=33 advice=free
 * @run curl-to-free
 * @expect cross-allocator-free error exact owner=libcurl.so.4/c/libcurl by=$prog/c/malloc call=free advice=curl_free
 * @run own-to-curl_free
 * @expect cross-allocator-free error exact owner=$prog/c/malloc by=libcurl.so.4/c/libcurl call=free size=33 advice=free
 * @run xml-replaced
 * @run xml-partly-replaced
 * @run xml-strdup-replaced
 * @run curl-partly-replaced
 * @run openssl-replaced
 * @run pointers
 * @run good
 */
#include "keep.h"

#include <curl/curl.h>
#include <glib.h>
#include <libxml/tree.h>
#include <libxml/xmlmemory.h>
#include <openssl/crypto.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned long made;

static void *own_malloc(size_t size)
{
    made++;
    return keep(malloc(size));
}

static void *own_realloc(void *block, size_t size)
{
    made++;
    return keep(realloc(block, size));
}

static void *own_calloc(size_t count, size_t size)
{
    made++;
    return keep(calloc(count, size));
}

static char *own_strdup(const char *text)
{
    size_t size = strlen(text) + 1;
    return memcpy(own_malloc(size), text, size);
}

static void own_free(void *block)
{
    free(block);
}

static void *crypto_malloc(size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return own_malloc(size);
}

static void *crypto_realloc(void *block, size_t size, const char *file, int line)
{
    (void)file;
    (void)line;
    return own_realloc(block, size);
}

static void crypto_free(void *block, const char *file, int line)
{
    (void)file;
    (void)line;
    own_free(block);
}

/* An attribute's value, as a library's user gets it. */
static void *make_xml(void)
{
    xmlNodePtr node = xmlNewNode(NULL, BAD_CAST "node");
    xmlNewProp(node, BAD_CAST "name", BAD_CAST "a value of thirty letters more");
    xmlChar *value = xmlGetProp(node, BAD_CAST "name");
    xmlFreeNode(node);
    return keep(value);
}

static void *make_curl(void)
{
    return keep(curl_easy_escape(NULL, "a b&c", 0));
}

static void *make_own(void)
{
    return keep(malloc(33));
}

static void give_xml(void *block)
{
    xmlFree(block);
    made++;
}

static void use_xml(void)
{
    xmlDocPtr document = xmlReadMemory("<a b='c'>d<e/></a>", 18, "a.xml", NULL, 0);
    xmlChar *text = xmlNodeGetContent(xmlDocGetRootElement(document));
    xmlFree(text);
    text = xmlStrdup(BAD_CAST "text");
    xmlFree(text);
    text = BAD_CAST xmlMemStrdup("text");
    xmlFree(text);
    text = xmlRealloc(xmlMalloc(10), 20);
    xmlFree(text);
    xmlFreeDoc(document);
    xmlCleanupParser();
}

static void use_curl(void)
{
    CURLU *url = curl_url();
    char *host = NULL;
    curl_url_set(url, CURLUPART_URL, "http://example.org/a?b", 0);
    curl_url_get(url, CURLUPART_HOST, &host, 0);
    curl_free(host);
    curl_url_cleanup(url);
    curl_free(make_curl());
    curl_global_cleanup();
}

static void use_openssl(void)
{
    char *text = OPENSSL_strdup("text");
    text = OPENSSL_realloc(text, 90);
    OPENSSL_free(text);
    OPENSSL_cleanse(&made, sizeof made);
}

/* Functions that the library calls through a variable or an argument: who called them cannot be told. */
static void use_pointers(void)
{
    void (*volatile xml_free)(void *) = xmlFree;
    void (*volatile glib_free)(void *) = g_free;
    void (*volatile plain_free)(void *) = free;
    xml_free(make_xml());
    glib_free(g_strdup("text"));
    plain_free(make_own());
    g_list_free_full(g_list_prepend(NULL, g_strdup("text")), g_free);
    g_list_free_full(g_list_prepend(NULL, make_own()), free);
    g_list_free_full(g_list_prepend(NULL, make_xml()), (GDestroyNotify)xmlFree);
    g_bytes_unref(g_bytes_new_with_free_func("text", 4, free, make_own()));
    g_strfreev(g_strsplit("a b c", " ", 0));
}

int main(int argc, char **argv)
{
    const char *run = argc > 1 ? argv[1] : "good";
    if (strcmp(run, "xml-replaced") == 0)
        xmlMemSetup(own_free, own_malloc, own_realloc, own_strdup);
    if (strcmp(run, "xml-partly-replaced") == 0)
        xmlMemSetup(free, own_malloc, own_realloc, own_strdup);
    if (strcmp(run, "xml-strdup-replaced") == 0)
        xmlMemSetup(free, malloc, realloc, own_strdup);
    if (strcmp(run, "openssl-replaced") == 0)
        CRYPTO_set_mem_functions(crypto_malloc, crypto_realloc, crypto_free);
    if (strcmp(run, "curl-partly-replaced") == 0)
        curl_global_init_mem(CURL_GLOBAL_NOTHING, own_malloc, free, own_realloc, own_strdup, own_calloc);
    if (strcmp(run, "xml-to-free") == 0)
        free(make_xml());
    else if (strcmp(run, "xml-to-g_free") == 0)
        g_free(make_xml());
    else if (strcmp(run, "own-to-xmlFree") == 0)
        give_xml(make_own());
    else if (strcmp(run, "curl-to-free") == 0)
        free(make_curl());
    else if (strcmp(run, "own-to-curl_free") == 0)
        curl_free(make_own());
    if (strcmp(run, "pointers") == 0)
        use_pointers();
    use_xml();
    use_curl();
    use_openssl();
    puts("done");
    return 0;
}
