using System.Text.RegularExpressions;

namespace DistTrain.Client.Downloads;

/// <summary>
/// Where a downloaded file goes. Its name comes from the network, so only two shapes are taken: a plain file name, and
/// <c>checkpoints/step-N/</c> with a plain file name.
/// </summary>
internal static partial class DownloadPath
{
    /// <summary>The absolute path of <paramref name="name"/> below <paramref name="folder"/>.</summary>
    /// <exception cref="DistTrainException">The name has another shape, or a link leads out of the folder.</exception>
    public static string Resolve(string folder, string name)
    {
        if (!Pattern().IsMatch(name))
            throw new DistTrainException(ClusterFailure.Unavailable, [$"the cluster sent a file named '{name}', which is no name of a run's file; nothing was written for it"]);
        var current = Path.GetFullPath(folder);
        foreach (var part in name.Split('/'))
        {
            current = Path.Combine(current, part);
            if (new FileInfo(current).LinkTarget is not null)
                throw new DistTrainException(ClusterFailure.LocalFile, [$"{current} is a link; a download writes to plain files and folders only"]);
        }

        return current;
    }

    // No leading dot: neither "." and ".." nor hidden files. Case matters on the wire.
    [GeneratedRegex(@"\A(checkpoints/step-[0-9]{1,19}/)?[A-Za-z0-9_][A-Za-z0-9_.\-]{0,199}\z", RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex Pattern();
}
