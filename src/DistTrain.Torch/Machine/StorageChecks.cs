using System.Net;
using System.Net.Sockets;

namespace DistTrain.Torch.Machine;

/// <summary>Free space on disk and in shared memory, and a port on the loopback interface.</summary>
internal static class StorageChecks
{
    private const double GiB = 1 << 30;

    public static MachineCheckResult Disk(string name, string folder)
    {
        var free = new DriveInfo(Path.GetFullPath(folder)).AvailableFreeSpace / GiB;
        var finding = $"{free:F1} GiB free for {folder}";
        return free switch
        {
            < 0.1 => MachineCheckResult.Failure(name, finding, "make room, or write runs elsewhere with --out"),
            < 2 => MachineCheckResult.Warning(name, finding, "checkpoints of a large model may not fit: keep fewer (checkpoint.keep), or write runs elsewhere with --out"),
            _ => MachineCheckResult.Ok(name, finding),
        };
    }

    public static MachineCheckResult SharedMemory(string name)
    {
        const string Folder = "/dev/shm";
        if (!OperatingSystem.IsLinux())
            return MachineCheckResult.Ok(name, "not used on this system");
        if (!Directory.Exists(Folder))
            return MachineCheckResult.Warning(name, $"no {Folder}", "processes of one machine exchange gradients by network instead; mount a tmpfs there");
        var free = new DriveInfo(Folder).AvailableFreeSpace / GiB;
        var finding = $"{free:F2} GiB free in {Folder}";
        return free < 0.25
            ? MachineCheckResult.Warning(name, finding, "containers get 64 MB by default: start them with --shm-size=1g, or mount an emptyDir of medium Memory in a pod")
            : MachineCheckResult.Ok(name, finding);
    }

    public static MachineCheckResult LoopbackPort(string name)
    {
        try
        {
            using var listener = new TcpListener(IPAddress.Loopback, 0);
            listener.Start();
            using var client = new TcpClient();
            client.Connect((IPEndPoint)listener.LocalEndpoint);
            return MachineCheckResult.Ok(name, $"127.0.0.1:{((IPEndPoint)listener.LocalEndpoint).Port} opened and reached");
        }
        catch (SocketException e)
        {
            return MachineCheckResult.Failure(name, $"127.0.0.1: {e.Message}", "a local cluster talks over loopback: allow it in the sandbox or firewall");
        }
    }
}
