using System.Text.RegularExpressions;

namespace DistTrain.Deployment.Tests;

/// <summary>docs/kubernetes.md, as those follow it who install a cluster.</summary>
/// <param name="Text">All of it.</param>
internal sealed partial record InstallGuide(string Text)
{
    /// <summary>The page.</summary>
    public static InstallGuide Shipped { get; } = new(Repository.Read("docs/kubernetes.md"));

    /// <summary>The names and addresses that certificates are made for.</summary>
    public IReadOnlyList<string> Hosts => HostsPattern().Match(Text).Groups["hosts"].Value.Split(',');

    /// <summary>The arguments of <c>disttrain certs</c>.</summary>
    public IReadOnlyList<string> Certificates =>
        [.. CertificatesPattern().Match(Text).Groups["arguments"].Value.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(a => a.Trim('\''))];

    /// <summary>The kustomization.yaml that it writes, in a folder beside k8s.</summary>
    public string Overlay => OverlayPattern().Match(Text).Groups["lines"].Value;

    /// <summary>True when it has a word in code.</summary>
    public bool Names(string word) => Text.Contains($"`{word}`", StringComparison.Ordinal) || Text.Contains($" {word}", StringComparison.Ordinal);

    /// <summary>The row of the table of what an overlay needs, by columns; empty where there is none.</summary>
    public IReadOnlyList<string> Needs(string overlay) =>
        [.. (Text.Split('\n').FirstOrDefault(line => line.StartsWith($"| `{overlay}` |", StringComparison.Ordinal)) ?? "").Split('|', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];

    [GeneratedRegex("^cat > mine/kustomization.yaml <<END\n(?<lines>.*?)^END$", RegexOptions.Multiline | RegexOptions.Singleline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex OverlayPattern();

    [GeneratedRegex("^disttrain (?<arguments>certs .*)$", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex CertificatesPattern();

    [GeneratedRegex("^disttrain certs .*--hosts '?(?<hosts>[^' ]+)'?", RegexOptions.Multiline | RegexOptions.ExplicitCapture, 1000)]
    private static partial Regex HostsPattern();
}
