/** Images that are generated whether or not somebody waits, and the history of all that were. */
@org.jspecify.annotations.NullMarked
package org.sjd4j.server.jobs;
