using System.Collections.Concurrent;
using DistTrain.Tests.Processes;

namespace DistTrain.Deployment.Tests.Processes;

/// <summary>What <c>kubectl kustomize</c> renders; the test that asks is skipped where kubectl is not installed.</summary>
internal static class Kustomize
{
    // Each is asked for once.
    private static readonly ConcurrentDictionary<string, Task<string>> _rendered = new();

    /// <summary>An overlay of k8s/overlays.</summary>
    public static Task<string> RenderAsync(string overlay) => _rendered.GetOrAdd(overlay, o => RenderFolderAsync(Repository.PathOf($"k8s/overlays/{o}")));

    /// <summary>A kustomization.yaml in a folder beside k8s.</summary>
    public static async Task<string> RenderTextAsync(string text)
    {
        using var folder = new TempFolder();
        await File.WriteAllTextAsync(folder["kustomization.yaml"], text.Replace("../k8s", Path.GetRelativePath(folder.Path, Repository.PathOf("k8s")), StringComparison.Ordinal));
        return await RenderFolderAsync(folder.Path);
    }

    /// <summary>The same with a component added.</summary>
    public static async Task<string> RenderWithAsync(string overlay, string component)
    {
        using var folder = new TempFolder();
        string Of(string path) => Path.GetRelativePath(folder.Path, Repository.PathOf(path));
        await File.WriteAllTextAsync(folder["kustomization.yaml"], $"resources: [{Of($"k8s/overlays/{overlay}")}]\ncomponents: [{Of($"k8s/components/{component}")}]\n");
        return await RenderFolderAsync(folder.Path);
    }

    private static Task<string> RenderFolderAsync(string folder) => Tool.RunAsync("kubectl", "kustomize", folder);
}
