using DistTrain.Protocol;

namespace DistTrain.Client.Downloads;

/// <summary>Writes a stream of chunks to files. A file gets its name only when it is complete.</summary>
internal static class JobDownload
{
    /// <param name="chunks">Chunks of a file are consecutive and in order.</param>
    /// <param name="folder">Target; made when it is not there.</param>
    /// <param name="wanted">False for a file that shall not be written.</param>
    /// <returns>The names of the written files, in order.</returns>
    public static async Task<IReadOnlyList<string>> SaveAsync(
        IAsyncEnumerable<DownloadChunk> chunks, string folder, Predicate<string> wanted, CancellationToken cancel)
    {
        var written = new List<string>();
        string? name = null;
        PartialFile? file = null;
        try
        {
            await foreach (var chunk in chunks.WithCancellation(cancel).ConfigureAwait(false))
            {
                if (chunk.File != name)
                {
                    await CompleteAsync().ConfigureAwait(false);
                    name = chunk.File;
                    var path = DownloadPath.Resolve(folder, name);
                    file = wanted(name) ? PartialFile.Create(path) : null;
                }

                if (file is not null)
                    await file.WriteAsync(chunk.Data.Memory, cancel).ConfigureAwait(false);
            }

            await CompleteAsync().ConfigureAwait(false);
            return written;
        }
        finally
        {
            if (file is not null)
                await file.DisposeAsync().ConfigureAwait(false);
        }

        async Task CompleteAsync()
        {
            if (file is null)
                return;
            await file.CompleteAsync(cancel).ConfigureAwait(false);
            file = null;
            written.Add(name!);
        }
    }
}
