using k8s;
using k8s.Exceptions;
using YamlDotNet.Core;

namespace DistTrain.Operator.Hosting;

/// <summary>Where the API server is, and as whom the operator calls it.</summary>
public static class KubernetesAccess
{
    private static readonly TimeSpan CallLimit = TimeSpan.FromSeconds(20);

    /// <summary>Reads a kubeconfig file, or takes what a pod is given.</summary>
    /// <param name="kubeconfig">The file; null: this process runs in a pod.</param>
    /// <exception cref="OperatorSetupException">There is no way to the API server; the message is for the user.</exception>
    public static KubernetesClientConfiguration Open(string? kubeconfig)
    {
        try
        {
            var access = kubeconfig is null ? KubernetesClientConfiguration.InClusterConfig() : KubernetesClientConfiguration.BuildConfigFromConfigFile(kubeconfig);
            access.HttpClientTimeout = CallLimit;
            // Finds out here and now whether certificates and keys are what they should be.
            using var probe = new Kubernetes(access);
            return access;
        }
        catch (Exception e) when (kubeconfig is null && e is KubeConfigException or IOException)
        {
            throw new OperatorSetupException("this process does not run in a pod with an account at the API: say by --kubeconfig how the API server is reached", e);
        }
        catch (Exception e) when (e is FileNotFoundException or DirectoryNotFoundException)
        {
            throw new OperatorSetupException($"--kubeconfig {kubeconfig}: {e.Message}", e);
        }
        catch (Exception e) when (e is KubeConfigException or YamlException or IOException or UnauthorizedAccessException or FormatException or ArgumentException
            or InvalidOperationException or System.Security.Cryptography.CryptographicException)
        {
            throw new OperatorSetupException($"--kubeconfig {kubeconfig} can't be used: {e.GetBaseException().Message}", e);
        }
    }

    /// <summary>The namespace that is meant where none is named.</summary>
    public static string NamespaceOf(KubernetesClientConfiguration access)
    {
        ArgumentNullException.ThrowIfNull(access);
        return string.IsNullOrEmpty(access.Namespace) ? "default" : access.Namespace;
    }
}
