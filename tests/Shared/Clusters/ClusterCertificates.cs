using System.Security.Cryptography;
using System.Text;
using DistTrain.Security;
using DistTrain.Security.Certificates;

namespace DistTrain.Tests.Clusters;

/// <summary>The certificates and tokens of a cluster of 127.0.0.1, and some that it must not take.</summary>
internal sealed class ClusterCertificates
{
    private readonly string _folder;

    private ClusterCertificates(string folder)
    {
        _folder = folder;
        AccessFile = Path.Combine(folder, "access.yaml");
        TokenFile = Path.Combine(folder, "token");
    }

    /// <summary>Says that the token's holder, carol, submits, and what submitters may have.</summary>
    public string AccessFile { get; }

    public string TokenFile { get; }

    /// <summary>For <c>--certs</c>: worker, operator, alice and bob (submitters), nobody (the authority alone), expired, stranger (of another authority).</summary>
    public string this[string name] => Path.Combine(_folder, name);

    /// <summary>Makes them, with the program's own command where it makes such.</summary>
    public static async Task<ClusterCertificates> MakeAsync(RunFolder folder)
    {
        var made = new ClusterCertificates(folder["certs"]);
        var certs = await DistTrainProcess.RunAsync("certs", "--out", made._folder, "--submitters", "alice,bob");
        Assert.True(certs.ExitCode == 0, certs.Error);
        Directory.CreateDirectory(made["nobody"]);
        File.Copy(made["alice/ca.crt"], made["nobody/ca.crt"]);
        using (var authority = DevelopmentAuthority.Open(made._folder, 1, TimeProvider.System))
            authority.Issue(made["expired"], "alice", CallerRoles.Submitter, [], days: 0);
        using (var other = DevelopmentAuthority.Open(made["other"], 1, TimeProvider.System))
            other.Issue(made["stranger"], "alice", CallerRoles.Operator, [], days: 1);
        // It trusts the cluster, but the cluster not it.
        File.Copy(made["alice/ca.crt"], made["stranger/ca.crt"], overwrite: true);
        var token = Convert.ToHexString(RandomNumberGenerator.GetBytes(16));
        await File.WriteAllTextAsync(made.TokenFile, token);
        await File.WriteAllTextAsync(
            made.AccessFile,
            $$"""
            tokens:
            - {name: carol, role: submitter, sha256: {{Convert.ToHexString(SHA256.HashData(Encoding.UTF8.GetBytes(token)))}}}
            limits: {jobs: 1, ranks: 4, steps: 200000}
            submitters:
              bob: {jobs: 1, ranks: 4, parameters: 10000, bytes: 500000, steps: 200000}
            """);
        return made;
    }
}
