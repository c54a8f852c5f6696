/* metric_documents.c - part of the build: the table of docs/metrics.md out of that of the metrics,
 * for who changes it. */
#include "reports/metrics.h"

int main(void)
{
	for (size_t i = 0; i < metrics_count(); i++) {
		metrics_document(i, stdout);
		(void)putchar('\n');
	}
	return fflush(stdout) == 0 ? 0 : 1;
}
